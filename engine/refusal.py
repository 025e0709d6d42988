"""The one error that bad input raises: a code for translation, details, and an English sentence."""

from __future__ import annotations

SENTENCES = {
    "unknown_activation": "There is no activation called “{name}”. Choose one of: {known}.",
    "unknown_loss": "There is no loss called “{name}”. Choose one of: {known}.",
    "unknown_reduction": "The reduction “{name}” is unknown. Choose sum or mean.",
    "unknown_choice": "“{name}” is no known {what}. Choose one of: {known}.",
    "unknown_parameter": "This network has no parameter called “{name}”.",
    "bad_factor": "The factor in front of a squared error is ½ or 1, not {value}.",
    "too_many_layers": "{value} layers are too many. Use at most {limit}.",
    "too_many_parameters": "{value} weights and biases are too many. Use at most {limit}.",
    "too_many_samples": "{value} samples are too many. Use at most {limit}.",
    "wrong_parameter_count": "This network has {expected} weights and biases, but {value} were given.",
    "no_data": "There is no sample. Give at least one row of inputs and targets.",
    "unequal_rows": "There are {inputs} rows of inputs but {targets} rows of targets. Give one target row per input row.",
    "ragged_row": "Row {row} of the {what}s has {value} numbers, but {expected} are needed.",
    "loss_needs_output": "The loss {loss} works on a {needs} output, but this network ends in {has}.",
    "not_a_probability": "{value} is no probability. This loss needs predictions between 0 and 1, both excluded.",
    "target_not_probability": "The loss {loss} needs targets between 0 and 1.",
    "target_not_distribution": "With softmax the targets of a sample are shares that sum to 1, such as 0, 1, 0.",
    "out_of_range": "{what} = {value} is out of range. Use a value from {low} to {high}.",
    "not_a_number": "“{value}” is not a finite number. Type a number such as 0.25 or -3.",
    "empty_number": "The field is empty. Type a number such as 0.25 or -3.",
    "unknown_address": "There is no number called “{address}” here.",
    "not_editable": "“{address}” is computed, so it cannot be typed over. Change what it is computed from.",
    "ragged_batch": "{samples} samples do not divide into batches of {batch}. Choose a batch size that divides them.",
    "too_much_to_record": "Recording {value} numbers is too much. Choose a smaller network, batch or number of updates.",
    "bad_link": "The link is damaged at “{part}”. What could be read is shown.",
    "unknown_example": "There is no worked example called “{name}”.",
    "bad_example": "The example file is wrong at {place}: {reason}",
    "bad_expression": "Line {line}, column {column}: {reason}",
    "bad_program": "The program is wrong at {place}: {reason}",
    "diverged": "The numbers grew beyond what a computer can hold at update {step}. Choose a smaller learning rate.",
    "torch_missing": "PyTorch is not installed. Install it with: pip install torch==2.13.0",
}


class Refused(ValueError):
    """Input that cannot be run: `code` for translation, `details` for its blanks, an English sentence as text."""

    def __init__(self, code: str, **details: object) -> None:
        self.code = code
        self.details = details
        super().__init__(SENTENCES[code].format(**details))

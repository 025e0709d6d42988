"""Why an expression is refused: one sentence per reason, with the place of the mistake.

The interface has the same sentences in its own languages under the keys "expression.<reason>".
"""

from __future__ import annotations

from engine.refusal import Refused

REASONS = {
    "empty": "there is nothing to read here.",
    "too_long": "{value} characters are too many; at most {limit} are allowed.",
    "too_many_statements": "{value} statements are too many; at most {limit} are allowed.",
    "too_deep": "parentheses are nested more than {limit} deep.",
    "too_many_parts": "this is made of more than {limit} parts; split it into smaller programs.",
    "strange_character": "the character “{name}” means nothing here.",
    "bad_number": "“{name}” is not a finite number.",
    "no_equals": "write a name, an equals sign and what it stands for, such as q = x + y.",
    "unexpected": "“{name}” cannot stand here.",
    "unfinished": "the statement ends too early.",
    "unclosed": "“{name}” is missing.",
    "bad_name": "“{name}” cannot be a name; use a letter, then letters, digits or _, at most 20.",
    "reserved_name": "“{name}” is the name of a function; choose another.",
    "name_taken": "“{name}” stands for a number already; choose a new name such as {name}2.",
    "unknown_name": "there is no number called “{name}” yet.",
    "unknown_function": "there is no function called “{name}”.",
    "wrong_arguments": "{name} takes {expected} arguments, not {value}.",
    "bad_keyword": "{name} has no option of this name.",
    "whole_number": "a plain whole number is needed here.",
    "out_of_bounds": "the index {value} is outside an array of {rows} × {columns}.",
    "ragged": "the rows of the list have different lengths.",
    "shape_mismatch": "{name} cannot join {first} and {second}.",
    "shape_size": "{name} cannot make this out of {first}.",
    "too_large": "an array of {rows} × {columns} is too large; at most {limit} on a side and {numbers} numbers.",
    "grad_needs_result": "grad can stand only behind the statement that computes the result.",
    "grad_needs_name": "grad needs the name of a number, such as grad(w).",
    "no_statement": "a program needs at least one statement.",
    "unknown_result": "no statement computes a result called “{name}”.",
    "result_not_single": "the result “{name}” must be a single number, not {rows} × {columns}.",
    "wanted_elsewhere": "“{name}” does not go into the result.",
    "wanted_without_result": "say which number is the result whose gradients are wanted.",
    "carry_unknown": "“{name}” is not a given number.",
    "carry_shape": "“{name}” and “{other}” have different shapes.",
    "carry_twice": "“{name}” is carried over twice.",
    "updates": "the number of updates must be a whole number from 1 to {limit}.",
}


def wrong(why: str, line: int, column: int, **details: object) -> Refused:
    """The refusal of a statement: `why` is a key of `REASONS`; line and column count from 1."""
    reason = REASONS[why].format(**details)
    return Refused("bad_expression", line=line, column=column, why=why, reason=reason, **details)


def wrong_given(why: str, place: str, **details: object) -> Refused:
    """The refusal of something around the statements: a given, the result, what is wanted or carried over."""
    return Refused("bad_program", place=place, why=why, reason=REASONS[why].format(**details), **details)

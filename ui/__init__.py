"""What people see: the frame, the words, the colours, the stepper, the charts."""

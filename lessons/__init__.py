"""What is taught: texts, exercises and worked examples. Content only, no interface."""

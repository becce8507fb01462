"""What is predicted: the task, the classes, and what becomes of examples without a target."""

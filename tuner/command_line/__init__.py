"""What people type: options, their values, commands to paste, and how a program ends."""

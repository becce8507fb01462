"""``python -m tuner.command_line`` prints the options of `tune.py` as README has them."""

from tuner.command_line.options import options_table

print(options_table())

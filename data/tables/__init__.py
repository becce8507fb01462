"""How tables are read: files into cells, cells into values, and what each column is taken for."""

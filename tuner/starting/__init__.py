"""How a process starts that trains: TensorFlow imported fast and quietly, threads, a GPU."""

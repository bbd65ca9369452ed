"""Changes of the code that tests should notice; `make mutants`."""

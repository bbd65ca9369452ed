"""What tests have in common: people, houses, views as lines, databases. Fixtures stand in the conftest.py files."""

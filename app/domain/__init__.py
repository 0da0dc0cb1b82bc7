"""DECIDES: pure functions over plain data. No clock, no chance, no database; everything comes as an argument."""

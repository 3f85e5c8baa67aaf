"""`make fuzz`: hostile input for every reader. `inputs` makes it, `targets` says what must hold."""

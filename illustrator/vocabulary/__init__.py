"""The words that the illustrator understands, as tables."""

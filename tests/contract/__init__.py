"""What every house must do, asked of each in the same words; a new one only adds itself."""

"""What the receptionist says, English and Spanish, for the ear and for the screen."""

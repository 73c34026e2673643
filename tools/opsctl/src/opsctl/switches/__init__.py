"""The ways in which opsctl sees and sets switches."""

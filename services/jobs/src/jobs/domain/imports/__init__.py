"""Files of customers: how their bytes are read, and what is made of their rows. Pure, and in bounded memory."""

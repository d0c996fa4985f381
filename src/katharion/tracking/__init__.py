"""Every recipient's fate: records and the stories made of them."""

"""What is sealed or hashed by the server's secrets, and how it changes to another."""

"""The talk with Asterisk. Calls come with the telephony part of the product."""

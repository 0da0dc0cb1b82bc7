"""The supervisor's and the admin's screens: one module per kind of thing; app/views.py holds the menu."""

"""People: their accounts, second factors and invitations."""

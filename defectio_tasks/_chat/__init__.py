"""What the bot's owner is answered in a chat, whatever the host; only ``cog`` imports it."""

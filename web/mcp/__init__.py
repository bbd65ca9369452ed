"""The same use cases as tools for agents, by the Model Context Protocol (extra `mcp`), mounted at /mcp."""

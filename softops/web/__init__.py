"""The edge: HTTP, Socket.IO and plain WebSocket over one service."""

"""Versions of a service's model: trained and evaluated as processes of their own, promoted in the artifact store."""

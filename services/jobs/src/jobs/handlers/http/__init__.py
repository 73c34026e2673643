"""`/v1/jobs`: what operators see and do over HTTP."""

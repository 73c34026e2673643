"""`python -m receptionist.training`."""

from receptionist.training.command import main

raise SystemExit(main())

"""The docker engine: environments are images, agents run in containers, and nothing of this machine is mounted into them."""

// benchkeep: see src/cli/main.h.

#include "cli/main.h"

int main(int argc, char** argv) { return benchkeep::cli::Main(argc, argv); }

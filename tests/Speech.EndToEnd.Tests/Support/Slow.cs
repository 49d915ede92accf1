// Whole programs, each test for seconds: the fast run leaves them all out.
[assembly: AssemblyTrait("Speed", "Slow")]

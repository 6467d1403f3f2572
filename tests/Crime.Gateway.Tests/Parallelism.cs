// Fixtures that wait, for processes or for the end of connections, run side by side. A fixture without the attribute runs alone: it compares times or memory.

using NUnit.Framework;

[assembly: LevelOfParallelism(3)]

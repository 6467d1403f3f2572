// Most fixtures wait for commands that they have started: two run at a time. Where times are compared, or where a board decides by the time
// that its gateway takes, the fixture runs alone and says so.

using NUnit.Framework;

[assembly: LevelOfParallelism(2)]

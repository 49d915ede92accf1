using System.Runtime.CompilerServices;
using Speech.Gateway.Memory;

namespace Speech.Gateway.Tests.Memory;

/// <summary>When no other test uses memory.</summary>
[Collection(nameof(ProcessMemoryTests))]
[CollectionDefinition(nameof(ProcessMemoryTests), DisableParallelization = true)]
public class ProcessMemoryTests
{
    [Fact]
    public void What_was_needed_once_is_the_systems_again()
    {
        const int Megabytes = 256;
        var memory = new ProcessMemory();
        memory.GiveBack();
        var before = memory.ResidentBytes;
        Use(Megabytes);
        memory.ResidentBytes.ShouldBeGreaterThan(before + (Megabytes / 2L << 20));
        memory.GiveBack();
        memory.ResidentBytes.ShouldBeLessThan(before + (Megabytes / 4L << 20));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Use(int megabytes)
    {
        var blocks = new byte[megabytes][];
        for (var i = 0; i < megabytes; i++)
        {
            blocks[i] = new byte[1 << 20];
            blocks[i].AsSpan().Fill(1);
        }
    }
}

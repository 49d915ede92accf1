using Microsoft.Extensions.Logging.Abstractions;
using Speech.Gateway.Memory;

namespace Speech.Gateway.Tests.Memory;

public class MemoryReturnTests
{
    private readonly CountedMemory _memory = new();
    private int _sessions;

    [Fact]
    public void Memory_is_given_back_once_when_a_flood_is_over_and_again_after_the_next()
    {
        using var service = Start();
        for (var flood = 1; flood <= 2; flood++)
        {
            _sessions = 300;
            _memory.ResidentBytes = 600;
            Look(service, 4);
            _memory.Returns.ShouldBe(flood - 1);

            _sessions = 2;
            Look(service, 2);
            _memory.Returns.ShouldBe(flood - 1);
            Look(service, 1);
            _memory.Returns.ShouldBe(flood);
            Look(service, 20);
            _memory.Returns.ShouldBe(flood);
        }
    }

    [Fact]
    public void A_flood_that_pauses_and_a_process_that_has_not_grown_are_left_alone()
    {
        using var service = Start();
        _sessions = 300;
        _memory.ResidentBytes = 600;
        Look(service, 1);
        for (var i = 0; i < 5; i++)
        {
            _sessions = 0;
            Look(service, 2);
            _sessions = 200;
            Look(service, 1);
        }
        _sessions = 0;
        _memory.ResidentBytes = 140;
        Look(service, 10);
        _memory.Returns.ShouldBe(0);
    }

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

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void Use(int megabytes)
    {
        var blocks = new byte[megabytes][];
        for (var i = 0; i < megabytes; i++)
        {
            blocks[i] = new byte[1 << 20];
            blocks[i].AsSpan().Fill(1);
        }
    }

    private MemoryReturn Start() => new(() => _sessions, _memory, TimeProvider.System, NullLogger<MemoryReturn>.Instance);

    private static void Look(MemoryReturn service, int times)
    {
        for (var i = 0; i < times; i++)
            service.Look();
    }

    private sealed class CountedMemory : IProcessMemory
    {
        public long ResidentBytes { get; set; } = 100;

        public int Returns { get; private set; }

        public void GiveBack()
        {
            Returns++;
            ResidentBytes = 100;
        }
    }
}

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

    [Theory]
    [InlineData(200, 3)] // 400, 200, 100
    [InlineData(1, 6)]
    public void What_comes_back_little_by_little_is_asked_for_again_each_minute_a_few_times(int each, int returns)
    {
        using var service = Start();
        (_sessions, _memory.ResidentBytes, _memory.GivenBack) = (300, 600, each);
        Look(service, 1);
        _sessions = 0;
        Look(service, 3);
        _memory.Returns.ShouldBe(1);
        Look(service, 11);
        _memory.Returns.ShouldBe(1);
        Look(service, 1);
        _memory.Returns.ShouldBe(2);
        Look(service, 500);
        _memory.Returns.ShouldBe(returns);
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

        /// <summary>By each return.</summary>
        public long GivenBack { get; set; } = 1000;

        public void GiveBack()
        {
            Returns++;
            ResidentBytes = Math.Max(100, ResidentBytes - GivenBack);
        }
    }
}

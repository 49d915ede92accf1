using System.Text.Json;
using Speech.EndToEnd.Tests.Support;

namespace Speech.EndToEnd.Tests;

[Collection(UsesSharedFleet.Name)]
public sealed class StatusTests(SharedFleet shared)
{
    [Fact]
    public async Task A_gateway_tells_of_its_health_its_sessions_the_queue_and_the_workers()
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://{shared.Gateway.Authority}") };
        var script = Hearing.Speakers(1, utterances: 1)[0];
        await using var talk = await Talk.BeginAsync(shared.Gateway, script, pauseAt: 0.5);
        await talk.Paused;

        // Another test's session may still be saying goodbye.
        await Until.TrueAsync(
            async () => (await GetAsync("/health")).GetProperty("sessions").GetProperty("active").GetInt32() == 1, "one session");
        (await GetAsync("/health")).GetProperty("status").GetString().ShouldBe("ok");
        var status = await GetAsync("/api/status");
        status.GetProperty("gateway").GetProperty("sessions").GetInt32().ShouldBe(1);
        status.GetProperty("queue").GetProperty("audio_jobs").GetInt32().ShouldBe(0);
        status.GetProperty("redis").GetProperty("connected").GetBoolean().ShouldBeTrue();
        var worker = status.GetProperty("workers").EnumerateArray().ShouldHaveSingleItem();
        worker.GetProperty("id").GetString().ShouldBe("stt-1");
        worker.GetProperty("role").GetString().ShouldBe("stt");
        worker.GetProperty("model").GetString().ShouldBe("nano.en");

        talk.GoOn();
        await talk.Completed;

        async Task<JsonElement> GetAsync(string path) => JsonDocument.Parse(await http.GetStringAsync(path)).RootElement;
    }
}

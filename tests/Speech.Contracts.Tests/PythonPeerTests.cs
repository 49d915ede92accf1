using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using MessagePack;
using Speech.Contracts.Client;
using Speech.Contracts.Jobs;
using Speech.Contracts.MessagePack;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;

namespace Speech.Contracts.Tests;

/// <summary>Our MessagePack against Debian's python3-msgpack, both ways; peer.py is the other side.</summary>
public class PythonPeerTests
{
    // Debian's own interpreter: another python3 that comes first on the PATH would not have Debian's packages.
    private const string Python = "/usr/bin/python3";

    [Fact]
    public async Task Python_reads_our_messages_and_we_read_Pythons()
    {
        var messages = Messages.ServerMessage.Sample(200, new Rnd(3), 60).ToArray();
        // One array of all, so that one process serves.
        var decoded = JsonNode.Parse(await RunPeerAsync("decode", PackArray([.. messages.Select(message => message.ToMessagePack())])))!;
        for (var i = 0; i < messages.Length; i++)
        {
            var expected = JsonNode.Parse(messages[i].ToJson())!;
            JsonNode.DeepEquals(decoded[i], expected).ShouldBeTrue($"{decoded[i]} should be {expected}");
        }

        messages.Length.ShouldBe(200);
        var json = new JsonArray([.. messages.Select(message => JsonNode.Parse(message.ToJson()))]);
        var packed = await RunPeerAsync("encode", Encoding.UTF8.GetBytes(json.ToJsonString()));
        var items = UnpackArray(packed);
        for (var i = 0; i < messages.Length; i++)
            ServerMessage.ReadMessagePack(items[i]).ShouldSay(messages[i]);
    }

    [Fact]
    public async Task Python_reads_our_audio_jobs_and_we_read_Pythons()
    {
        var jobs = Messages.AudioJob.Sample(30, new Rnd(4), 10).ToArray();
        var decoded = await RunPeerAsync("decode", PackArray([.. jobs.Select(job => job.ToArray())]));
        var array = JsonNode.Parse(decoded)!;
        for (var i = 0; i < jobs.Length; i++)
        {
            array[i]!["client_id"]!.GetValue<string>().ShouldBe(jobs[i].ClientId);
            array[i]!["start"]!.GetValue<double>().ShouldBe(jobs[i].Start);
            array[i]!["audio"]!["bytes"]!.GetValue<string>().ShouldBe(Convert.ToHexStringLower(jobs[i].Audio.Span));
        }

        var packed = await RunPeerAsync("encode", decoded);
        foreach (var (item, job) in UnpackArray(packed).Zip(jobs))
            AudioJob.Read(item).ShouldSay(job);
    }

    private static byte[] PackArray(byte[][] items)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        writer.WriteArrayHeader(items.Length);
        foreach (var item in items)
            writer.WriteRaw(item);
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    private static List<byte[]> UnpackArray(byte[] packed)
    {
        var items = new List<byte[]>();
        var reader = new CheckedReader(packed);
        for (var count = reader.ReadArrayHeader(); count > 0; count--)
        {
            var start = reader.Offset;
            reader.Skip();
            items.Add(packed[start..reader.Offset]);
        }
        reader.ReadEnd();
        return items;
    }

    private static async Task<byte[]> RunPeerAsync(string mode, byte[] input)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var process = StartPython(mode);
        var output = new MemoryStream();
        var reading = process.StandardOutput.BaseStream.CopyToAsync(output, timeout.Token);
        var errors = process.StandardError.ReadToEndAsync(timeout.Token);
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, timeout.Token);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it had read everything; what it said about that comes below.
        }
        await reading;
        await process.WaitForExitAsync(timeout.Token);
        var said = await errors;
        said.Contains("No module named 'msgpack'", StringComparison.Ordinal)
            .ShouldBeFalse("needs python3-msgpack: apt-get install python3-msgpack");
        process.ExitCode.ShouldBe(0, said);
        return output.ToArray();
    }

    private static Process StartPython(string mode)
    {
        File.Exists(Python).ShouldBeTrue($"needs {Python} with python3-msgpack: apt-get install python3-msgpack");
        return Process.Start(new ProcessStartInfo(Python, [Path.Combine(AppContext.BaseDirectory, "peer.py"), mode])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }
}

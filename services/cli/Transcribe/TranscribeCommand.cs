using System.CommandLine;
using Spectre.Console;
using Speech.Audio;
using Speech.Audio.Files;
using Speech.Audio.Pcm;
using Speech.Audio.Wav;
using Speech.Client;
using Speech.Contracts.Jobs;
using Speech.Contracts.Languages;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;

namespace Speech.Cli.Transcribe;

/// <summary>`transcribe`: sends recordings to a gateway and prints what it makes of them.</summary>
internal static class TranscribeCommand
{
    private static readonly Argument<string[]> Files = new("FILE")
    {
        Description = "WAV, Ogg Opus, WebM with Opus, or raw PCM (.raw, .pcm, .s16: 16 bit; .f32: float; both little-endian). -: standard input, live or not; "
            + "raw PCM there needs --codec pcm_s16le, pcm_f32le, mulaw or alaw, and --rate.",
        Arity = ArgumentArity.OneOrMore,
        Validators =
        {
            result =>
            {
                if (result.Tokens.Count(token => token.Value == RecordedSamples.StandardInput) > 1)
                    result.AddError("Standard input (-) can be read once.");
            },
        },
    };

    private static readonly Option<string?> Url = Options.Url($"The gateway ({Options.DefaultUrl}: where ./speech up has it).");

    private static readonly Option<bool> RealTime =
        new("--realtime") { Description = "Send as slowly as it is spoken, instead of as fast as the server takes it." };

    private static readonly Option<bool> Json = Options.Json("Print every server message as one line of JSON, with the file's name added.");

    private static readonly Option<string?> Language = new("--language")
    {
        Description = "What is spoken, such as en or en-US; left out: to be detected.",
        HelpName = "CODE",
        Validators =
        {
            result =>
            {
                if (result.GetValueOrDefault<string>() is { } code && !IsAuto(code) && WhisperLanguages.Find(code) is null)
                    result.AddError($"--language: '{code}' is not known; use a code such as en, fr or zh.");
            },
        },
    };

    private static readonly Option<string?> Prompt = new("--prompt")
    {
        Description = "Names and terms that may occur.",
        HelpName = "TEXT",
        Validators =
        {
            result =>
            {
                if (result.GetValueOrDefault<string>() is { Length: > 0 } text && !Contracts.Sessions.Prompt.IsValid(text))
                    result.AddError($"--prompt must be {Contracts.Sessions.Prompt.Rule}.");
            },
        },
    };

    private static readonly Option<string> Translate = Options.Translate("Languages to translate into, such as fr,es.", "none");

    private static readonly Option<bool> Interim =
        new("--interim") { Description = "Also print what a segment sounds like while it goes on." };

    private static readonly Option<bool> Words = new("--words") { Description = "Also print when each word is said." };

    private static readonly Option<string> Codec = Options.OneOf(
        "--codec", "How the audio travels.", AudioCodec.Opus.ToWireName(), [.. AudioPackets.Codecs.Select(codec => codec.ToWireName())]);

    private static readonly Option<int> Rate = Options.Number(
        "--rate", "HZ", "Sample rate of raw PCM.", AudioRate.Model, AudioRate.Minimum, AudioRate.Maximum);

    private static readonly Option<int> Channels = Options.Number("--channels", "N", "Channels of raw PCM.", 1, 1, WavReader.MaxChannels);

    private static readonly Option<int> Jobs = Options.Number("--jobs", "N", "How many files at once.", 4, 1, 64);

    public static Command Create()
    {
        Rate.Aliases.Add("--sample-rate");
        var command = new Command("transcribe", "Transcribes recordings by a running server.")
        {
            Files, Url, RealTime, Json, Language, Prompt, Translate, Words, Interim, Codec, Rate, Channels, Jobs,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static bool IsAuto(string language) => string.Equals(language, "auto", StringComparison.OrdinalIgnoreCase);

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var files = parsed.GetValue(Files)!;
        var codec = Enum.GetValues<AudioCodec>().Single(codec => codec.ToWireName() == parsed.GetValue(Codec));
        var language = parsed.GetValue(Language);
        var transcriber = new FileTranscriber
        {
            Url = Options.UrlOrDefault(parsed.GetValue(Url)),
            RealTime = parsed.GetValue(RealTime),
            StopAudio = cancellationToken,
            Raw = new AudioFileOptions
            {
                RawSampleRate = parsed.GetValue(Rate),
                RawChannels = parsed.GetValue(Channels),
                RawFormat = codec switch
                {
                    AudioCodec.PcmS16Le => SampleFormat.S16,
                    AudioCodec.PcmF32Le => SampleFormat.F32,
                    AudioCodec.MuLaw => SampleFormat.MuLaw,
                    AudioCodec.ALaw => SampleFormat.ALaw,
                    _ => null,
                },
            },
            Session = new SessionParameters
            {
                ClientId = ClientId.Create(),
                Codec = codec,
                SampleRate = codec.IsPcm() ? AudioRate.Model : null,
                Language = language is null || IsAuto(language) ? null : WhisperLanguages.Find(language),
                Prompt = parsed.GetValue(Prompt) is { Length: > 0 } prompt ? prompt : null,
                Translate = Options.Languages(parsed.GetValue(Translate)),
                Words = parsed.GetValue(Words),
                Interim = parsed.GetValue(Interim),
            },
        };

        var terminal = !Console.IsOutputRedirected && !parsed.GetValue(Json) ? Terminal.Output() : null;
        ITranscriptOutput output = parsed.GetValue(Json)
            ? new JsonLines(Console.Out, Console.Error)
            : new TranscriptPages(
                files, terminal is null ? Console.Out.WriteLine : line => terminal.WriteLine(line), Console.Error.WriteLine);
        var batch = new Batch(transcriber, output, parsed.GetValue(Jobs));

        // Ctrl-C ends the audio; what has been said by then may still come, for a short time.
        using var hangUp = new CancellationTokenSource();
        await using var asked = cancellationToken.Register(() => hangUp.CancelAfter(Interruption.Grace));
        try
        {
            var failures = terminal is null
                ? await batch.RunAsync(files, [.. files.Select(_ => new FileProgress())], hangUp.Token)
                : await ProgressBars.RunAsync(terminal, files, progress => batch.RunAsync(files, progress, hangUp.Token));
            return failures == 0 ? ExitCodes.Ok : ExitCodes.Failed;
        }
        catch (OperationCanceledException) when (hangUp.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
    }
}

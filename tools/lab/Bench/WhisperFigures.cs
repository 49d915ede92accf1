using System.Text.Json.Serialization;

namespace Speech.Lab.Bench;

/// <summary>What `bench whisper` measures; keys of the dictionaries are seconds of audio and batch sizes.</summary>
/// <param name="RssMb">Resident memory with one sequence, after 30 s were encoded and a token decoded.</param>
/// <param name="ProcessMb">Of that, what the process had before the model was loaded.</param>
/// <param name="FileMb">The model's file.</param>
/// <param name="SequenceMb">The most that another sequence takes: keys and values of 30 s of audio and of the longest text.</param>
/// <param name="EncodeSixMs">Six segments of 5 s, <c>together</c> in one pass and <c>alone</c>.</param>
internal sealed record WhisperFigures(
    [property: JsonPropertyName("model")] string Model,
    [property: JsonPropertyName("threads")] int Threads,
    [property: JsonPropertyName("floor")] MachineFloor Floor,
    [property: JsonPropertyName("load_ms")] double LoadMs,
    [property: JsonPropertyName("rss_mb")] double RssMb,
    [property: JsonPropertyName("process_mb")] double ProcessMb,
    [property: JsonPropertyName("file_mb")] double FileMb,
    [property: JsonPropertyName("sequence_mb")] double SequenceMb,
    [property: JsonPropertyName("mel_ms")] double MelMs,
    [property: JsonPropertyName("encode_ms")] IReadOnlyDictionary<string, double> EncodeMs,
    [property: JsonPropertyName("encode_floor_ms")] IReadOnlyDictionary<string, double> EncodeFloorMs,
    [property: JsonPropertyName("encode_six_ms")] IReadOnlyDictionary<string, double> EncodeSixMs,
    [property: JsonPropertyName("decode_ms_per_token")] IReadOnlyDictionary<string, double> DecodeMsPerToken,
    [property: JsonPropertyName("decode_floor_ms_per_token")] IReadOnlyDictionary<string, double> DecodeFloorMsPerToken);

using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Speech.Contracts.Maps;

internal readonly struct JsonMapWriter(Utf8JsonWriter json) : IMapWriter
{
    // Messages travel on sockets, never inside HTML: "é" may stay "é".
    public static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    public void BeginMap(int count) => json.WriteStartObject();

    public void EndMap() => json.WriteEndObject();

    public void Text(ReadOnlySpan<byte> name, string value) => json.WriteString(name, value);

    public void Integer(ReadOnlySpan<byte> name, long value) => json.WriteNumber(name, value);

    public void Number(ReadOnlySpan<byte> name, double value) => json.WriteNumber(name, value);

    public void BeginArray(ReadOnlySpan<byte> name, int count) => json.WriteStartArray(name);

    public void Item(string value) => json.WriteStringValue(value);

    public void EndArray() => json.WriteEndArray();
}

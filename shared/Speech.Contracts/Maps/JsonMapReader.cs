using System.Text;
using System.Text.Json;

namespace Speech.Contracts.Maps;

internal ref struct JsonMapReader : IMapReader
{
    private Utf8JsonReader _json;

    public JsonMapReader(ReadOnlySpan<byte> bytes, int maxBytes)
    {
        if (bytes.Length > maxBytes)
            throw new MalformedMessageException($"message of {bytes.Length} bytes, allowed are {maxBytes}", 0);
        _json = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 32 });
        Step();
    }

    // Between calls the reader stands on the value that is read next. The state of a map is unused, that of an array is how
    // many more elements it may have.
    public int BeginMap()
    {
        Expect(JsonTokenType.StartObject, "an object");
        return 0;
    }

    public bool NextField(ref int state, out ReadOnlySpan<byte> name)
    {
        Step();
        if (_json.TokenType == JsonTokenType.EndObject)
        {
            name = default;
            return false;
        }
        name = _json.ValueIsEscaped ? Encoding.UTF8.GetBytes(Unescape()) : _json.ValueSpan;
        Step();
        return true;
    }

    public int BeginArray(int maxCount)
    {
        Expect(JsonTokenType.StartArray, "an array");
        return maxCount;
    }

    public bool NextElement(ref int state)
    {
        Step();
        if (_json.TokenType == JsonTokenType.EndArray)
            return false;
        return state-- > 0 ? true : throw Error("an array of too many elements");
    }

    public readonly bool TryReadNull() => _json.TokenType == JsonTokenType.Null;

    public string ReadText(int maxBytes)
    {
        Expect(JsonTokenType.String, "a string");
        var text = Unescape();
        return Encoding.UTF8.GetByteCount(text) <= maxBytes ? text : throw Error($"a string of more than {maxBytes} bytes");
    }

    public long ReadInteger()
    {
        Expect(JsonTokenType.Number, "an integer");
        return _json.TryGetInt64(out var value) ? value : throw Error("expected an integer of 64 bits");
    }

    public double ReadNumber()
    {
        Expect(JsonTokenType.Number, "a number");
        return _json.TryGetDouble(out var value) && double.IsFinite(value) ? value : throw Error("a number that is not finite");
    }

    public void Skip()
    {
        try
        {
            _json.Skip();
        }
        catch (JsonException exception)
        {
            throw NotJson(exception);
        }
    }

    public void ReadEnd()
    {
        try
        {
            if (_json.Read())
                throw Error("more after the end of the message");
        }
        catch (JsonException exception)
        {
            throw NotJson(exception);
        }
    }

    public readonly MalformedMessageException Error(string reason) => new(reason, _json.TokenStartIndex);

    private void Step()
    {
        try
        {
            if (!_json.Read())
                throw Error("the message ends early");
        }
        catch (JsonException exception)
        {
            throw NotJson(exception);
        }
    }

    private readonly void Expect(JsonTokenType type, string expected)
    {
        if (_json.TokenType != type)
            throw Error($"expected {expected}, found {Describe(_json.TokenType)}");
    }

    private readonly string Unescape()
    {
        try
        {
            return _json.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            // Utf8JsonReader's word for bytes that are not UTF-8 and for escapes of half a surrogate pair.
            throw new MalformedMessageException("a string that is not valid Unicode", _json.TokenStartIndex, exception);
        }
    }

    private readonly MalformedMessageException NotJson(JsonException exception) => new("not valid JSON", _json.BytesConsumed, exception);

    private static string Describe(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        JsonTokenType.Null => "null",
        _ => type.ToString(),
    };
}

using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Speech.Redis;

// RESP3 replies, from bytes that arrive in pieces of any size.
//
//   +OK\r\n                 simple string          _\r\n           null
//   -ERR text\r\n           error                  #t\r\n          boolean
//   :12\r\n                 integer                ,1.5\r\n        double (also inf, -inf, nan)
//   $3\r\nfoo\r\n           bulk string            (123\r\n        big number
//   $-1\r\n, *-1\r\n        RESP2's nulls          !3\r\nERR\r\n   bulk error
//   *2\r\n…                 array of 2             =7\r\ntxt:foo\r\n  verbatim string
//   %2\r\n…                 map of 2 pairs         ~2\r\n…         set
//   |1\r\n…                 attribute: a map that precedes a value and is no part of it
//   >2\r\n…                 push: out of band, never inside another reply
//
// The reader keeps the aggregates it is inside of on a stack, so it consumes whatever elements are complete and never looks at
// them twice. A string is left in the buffer until it is all there and then copied once; so memory follows what was received, not
// what was announced. Every length is checked against the limits before anything is done with it.
internal sealed class RespReader(RespLimits limits)
{
    private const int FirstItems = 16;

    private static readonly RespValue Ok = RespValue.SimpleString("OK");
    private static readonly RespValue Pong = RespValue.SimpleString("PONG");

    private Frame[] _frames = new Frame[4];
    private int _depth;
    private int _elements;
    private long _bytes;

    // A string's announced length while its bytes have not all arrived; -1 when the next thing is a type byte.
    private int _pendingLength = -1;
    private byte _pendingType;

    /// <summary>Whether part of a reply has been consumed and the rest has not come yet.</summary>
    public bool IsInsideReply => _depth > 0 || _pendingLength >= 0;

    /// <summary>
    /// Reads on. True: <paramref name="reply"/> is a whole reply. False: everything usable was consumed and more is needed.
    /// </summary>
    /// <exception cref="RedisProtocolException">The bytes are not RESP or exceed the limits; this reader is of no further use.</exception>
    public bool TryRead(ref SequenceReader<byte> input, out RespValue reply)
    {
        while (TryReadElement(ref input, out var value, out var opened))
        {
            if (opened)
                continue;
            if (Complete(value, out reply))
            {
                _elements = 0;
                _bytes = 0;
                return true;
            }
        }
        reply = default;
        return false;
    }

    // Puts a finished value where it belongs; true when it finishes the whole reply.
    private bool Complete(RespValue value, out RespValue reply)
    {
        while (_depth > 0)
        {
            ref var frame = ref _frames[_depth - 1];
            frame.Add(value);
            if (frame.Count < frame.Total)
            {
                reply = default;
                return false;
            }
            var finished = frame;
            frame = default;
            _depth--;
            if (finished.IsAttribute)
            {
                reply = default;
                return false;
            }
            value = RespValue.Aggregate(finished.Kind, finished.Items);
        }
        reply = value;
        return true;
    }

    // One scalar, or the head of an aggregate (opened). An aggregate without elements is a value at once.
    private bool TryReadElement(ref SequenceReader<byte> input, out RespValue value, out bool opened)
    {
        value = default;
        opened = false;
        if (_pendingLength >= 0)
            return TryReadString(ref input, out value);

        if (!TryReadLine(ref input, out var line))
            return false;
        if (line.IsEmpty)
            throw new RedisProtocolException("The server sent an empty line where a reply should begin.");
        var type = line[0];
        var rest = line[1..];
        switch (type)
        {
            case (byte)'+':
                value = rest.SequenceEqual("OK"u8) ? Ok : rest.SequenceEqual("PONG"u8) ? Pong
                    : RespValue.SimpleString(Encoding.UTF8.GetString(rest));
                return true;
            case (byte)'-':
                value = RespValue.Error(Encoding.UTF8.GetString(rest));
                return true;
            case (byte)':':
                value = RespValue.Integer(ParseInteger(rest, type));
                return true;
            case (byte)'$' or (byte)'!' or (byte)'=':
                var length = ParseInteger(rest, type);
                if (length == -1 && type == '$')
                    return true;
                CheckStringLength(length, type);
                _pendingLength = (int)length;
                _pendingType = type;
                return TryReadString(ref input, out value);
            case (byte)'*' or (byte)'~' or (byte)'>' or (byte)'%' or (byte)'|':
                var count = ParseInteger(rest, type);
                if (count == -1 && type == '*')
                    return true;
                opened = Open(count, type, out value);
                return true;
            case (byte)'_' when rest.IsEmpty:
                return true;
            case (byte)'#' when rest.Length == 1 && rest[0] is (byte)'t' or (byte)'f':
                value = RespValue.Boolean(rest[0] == 't');
                return true;
            case (byte)',':
                value = RespValue.Double(ParseDouble(rest));
                return true;
            case (byte)'(':
                value = RespValue.BigNumber(ParseBigNumber(rest));
                return true;
            default:
                throw new RedisProtocolException($"The server sent '{Printable(line)}', which begins no RESP3 value.");
        }
    }

    private bool Open(long count, byte type, out RespValue value)
    {
        value = default;
        var perItem = type is (byte)'%' or (byte)'|' ? 2 : 1;
        if (count < 0 || count > (limits.MaxElements - _elements) / perItem)
            throw new RedisProtocolException($"The server announced {count} elements; this client takes {limits.MaxElements} in a reply.");
        if (type == '>' && _depth > 0)
            throw new RedisProtocolException("The server sent a push message inside another reply.");
        var total = (int)count * perItem;
        _elements += total;
        var kind = type switch
        {
            (byte)'~' => RespKind.Set,
            (byte)'>' => RespKind.Push,
            (byte)'*' => RespKind.Array,
            _ => RespKind.Map,
        };
        if (total == 0)
        {
            value = RespValue.Aggregate(kind, []);
            return type == '|';
        }
        if (_depth == limits.MaxDepth)
            throw new RedisProtocolException($"The server's reply nests deeper than {limits.MaxDepth}.");
        if (_depth == _frames.Length)
            Array.Resize(ref _frames, _depth * 2);
        _frames[_depth++] = new Frame(kind, total, type == '|');
        return true;
    }

    private void CheckStringLength(long length, byte type)
    {
        if (length < 0 || length > limits.MaxBulkBytes)
            throw new RedisProtocolException($"The server announced a string of {length} bytes; this client takes {limits.MaxBulkBytes}.");
        if (type == '=' && length < 4)
            throw new RedisProtocolException("The server sent a verbatim string without its format.");
        _bytes += length;
        if (_bytes > limits.MaxReplyBytes)
            throw new RedisProtocolException($"The server's reply is longer than {limits.MaxReplyBytes} bytes.");
    }

    private bool TryReadString(ref SequenceReader<byte> input, out RespValue value)
    {
        var length = _pendingLength;
        if (input.Remaining < length + 2L)
        {
            value = default;
            return false;
        }
        var prefix = _pendingType == '=' ? 4 : 0;
        if (prefix > 0 && (!input.TryPeek(3, out var colon) || colon != ':'))
            throw new RedisProtocolException("The server sent a verbatim string without its format.");
        input.Advance(prefix);
        var bytes = length == prefix ? [] : GC.AllocateUninitializedArray<byte>(length - prefix);
        input.TryCopyTo(bytes);
        input.Advance(bytes.Length);
        if (!input.IsNext("\r\n"u8, advancePast: true))
            throw new RedisProtocolException($"The server's string of {length} bytes does not end where it should.");
        _pendingLength = -1;
        value = _pendingType switch
        {
            (byte)'$' => RespValue.BulkString(bytes),
            (byte)'=' => RespValue.VerbatimString(bytes),
            _ => RespValue.Error(Encoding.UTF8.GetString(bytes)),
        };
        return true;
    }

    // A line without its end. It stays in the input if it is in one piece there; only one cut by two buffers is copied.
    private bool TryReadLine(ref SequenceReader<byte> input, out ReadOnlySpan<byte> line)
    {
        var unread = input.UnreadSpan;
        var end = unread.IndexOf((byte)'\n');
        if (end >= 0)
        {
            line = unread[..(end + 1)];
            input.Advance(end + 1);
        }
        else if (input.TryReadTo(out ReadOnlySequence<byte> pieces, (byte)'\n'))
        {
            CheckLineLength(pieces.Length);
            var length = (int)pieces.Length + 1;
            var copy = new byte[length];
            pieces.CopyTo(copy);
            copy[^1] = (byte)'\n';
            line = copy;
        }
        else
        {
            CheckLineLength(input.Remaining);
            line = default;
            return false;
        }
        CheckLineLength(line.Length);
        if (line.Length < 2 || line[^2] != '\r')
            throw new RedisProtocolException($"The server sent '{Printable(line)}', a line that does not end in CR LF.");
        line = line[..^2];
        return true;
    }

    private void CheckLineLength(long length)
    {
        if (length > limits.MaxLineBytes + 2L)
            throw new RedisProtocolException($"The server sent a line longer than {limits.MaxLineBytes} bytes.");
    }

    private static long ParseInteger(ReadOnlySpan<byte> digits, byte type)
    {
        if (digits.Length > 0 && Utf8Parser.TryParse(digits, out long number, out var used) && used == digits.Length)
            return number;
        throw new RedisProtocolException($"The server sent '{(char)type}{Printable(digits)}', where a number should be.");
    }

    private static double ParseDouble(ReadOnlySpan<byte> text)
    {
        if (text.SequenceEqual("inf"u8))
            return double.PositiveInfinity;
        if (text.SequenceEqual("-inf"u8))
            return double.NegativeInfinity;
        if (text.SequenceEqual("nan"u8) || text.SequenceEqual("-nan"u8))
            return double.NaN;
        if (double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture, out var number))
            return number;
        throw new RedisProtocolException($"The server sent ',{Printable(text)}', where a number should be.");
    }

    private static string ParseBigNumber(ReadOnlySpan<byte> digits)
    {
        var unsigned = digits.Length > 0 && digits[0] is (byte)'-' or (byte)'+' ? digits[1..] : digits;
        if (unsigned.IsEmpty || unsigned.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            throw new RedisProtocolException($"The server sent '({Printable(digits)}', where a number should be.");
        return Encoding.ASCII.GetString(digits);
    }

    private static string Printable(ReadOnlySpan<byte> bytes)
    {
        var shown = Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, 40)]);
        return string.Concat(shown.Select(c => c is >= ' ' and <= '~' ? c.ToString() : $"\\x{(int)c:x2}"));
    }

    // An aggregate being read. Room is made as elements come, not as they are announced.
    private struct Frame(RespKind kind, int total, bool isAttribute)
    {
        public readonly RespKind Kind = kind;
        public readonly int Total = total;
        public readonly bool IsAttribute = isAttribute;
        public RespValue[] Items = new RespValue[Math.Min(total, FirstItems)];
        public int Count;

        public void Add(RespValue value)
        {
            if (Count == Items.Length)
                Array.Resize(ref Items, (int)Math.Min(Total, Count * 2L));
            Items[Count++] = value;
        }
    }
}

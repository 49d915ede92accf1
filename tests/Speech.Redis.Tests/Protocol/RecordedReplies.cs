using System.Text;

namespace Speech.Redis.Tests.Protocol;

/// <summary>Replies as a server sends them, with what they are to read as.</summary>
internal static class RecordedReplies
{
    public static readonly (string Wire, string Reading)[] All =
    [
        ("+OK\r\n", "OK"),
        ("+\r\n", ""),
        ("-NOSCRIPT No matching script. Please use EVAL.\r\n", "(error) NOSCRIPT No matching script. Please use EVAL."),
        (":-9223372036854775808\r\n", "-9223372036854775808"),
        ("$5\r\nhello\r\n", "hello"),
        ("$0\r\n\r\n", ""),
        ("$6\r\na\r\nb\r\n\r\n", "a\r\nb\r\n"),
        ("$-1\r\n", "(null)"),
        ("*-1\r\n", "(null)"),
        ("_\r\n", "(null)"),
        ("#t\r\n", "true"),
        ("#f\r\n", "false"),
        (",1.5e3\r\n", "1500"),
        (",inf\r\n", "Infinity"),
        (",-inf\r\n", "-Infinity"),
        (",nan\r\n", "NaN"),
        ("(3492890328409238509324850943850943825024385\r\n", "3492890328409238509324850943850943825024385"),
        ("!21\r\nSYNTAX invalid syntax\r\n", "(error) SYNTAX invalid syntax"),
        ("=15\r\ntxt:Some string\r\n", "Some string"),
        ("*0\r\n", "Array[]"),
        ("*3\r\n:1\r\n*2\r\n+a\r\n_\r\n$1\r\nb\r\n", "Array[1, Array[a, (null)], b]"),
        ("~2\r\n#t\r\n,0.1\r\n", "Set[true, 0.1]"),
        ("%2\r\n+a\r\n:1\r\n+b\r\n*0\r\n", "Map[a, 1, b, Array[]]"),
        (">3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$3\r\nabc\r\n", "Push[message, ch, abc]"),
        ("|1\r\n+ttl\r\n:3600\r\n*2\r\n:1\r\n|1\r\n+k\r\n*1\r\n:0\r\n:2\r\n", "Array[1, 2]"),
        ("|0\r\n+OK\r\n", "OK"),
        // XREADGROUP over two streams, one of the entries deleted
        ("%2\r\n$1\r\na\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n$1\r\nb\r\n*1\r\n*2\r\n$3\r\n2-0\r\n_\r\n",
            "Map[a, Array[Array[1-1, Array[f, v]]], b, Array[Array[2-0, (null)]]]"),
        // HELLO 3
        ("%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:5\r\n$4\r\nmode\r\n"
            + "$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n",
            "Map[server, redis, version, 7.0.15, proto, 3, id, 5, mode, standalone, role, master, modules, Array[]]"),
    ];

    public static byte[] Bytes(string wire) => Encoding.Latin1.GetBytes(wire);

    /// <summary>All of them one after another.</summary>
    public static byte[] Conversation => Bytes(string.Concat(All.Select(reply => reply.Wire)));
}

using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using Speech.Tensors.Files;

namespace Speech.Tensors.Tests.Files;

public sealed class PyTorchCheckpointTests : IDisposable
{
    private static readonly float[] Six = [1, 2, 3, 4, 5, 6];

    private readonly TemporaryFile _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Views_of_shared_storages_give_the_values_that_PyTorch_would()
    {
        Write(CheckpointWriter.ZipOf(
            [
                new("whole", "FloatStorage", "0", 6, 0, [2, 3], [3, 1]),
                new("alias", "FloatStorage", "0", 6, 0, [2, 3], [3, 1]),
                new("transposed", "FloatStorage", "0", 6, 0, [3, 2], [1, 3]),
                new("second row", "FloatStorage", "0", 6, 3, [3], [1]),
                new("last column", "FloatStorage", "0", 6, 2, [2], [3]),
                new("cube", "FloatStorage", "0", 6, 0, [3, 1, 2], [1, 77, 3]),
                new("scalar", "FloatStorage", "0", 6, 5, [], []),
                new("empty", "FloatStorage", "0", 6, 6, [0, 3], [3, 1]),
                new("half", "HalfStorage", "1", 2, 0, [2], [1]),
                new("bfloat", "BFloat16Storage", "2", 2, 0, [1, 2], [2, 1]),
                new("count", "LongStorage", "3", 1, 0, [1], [1]),
            ],
            ("0", Bytes(Six)),
            ("1", Bytes([(Half)0.5f, (Half)(-2)])),
            ("2", Bytes(new ushort[] { 0x3f80, 0xc000 })),
            ("3", Bytes([9L]))));

        using var file = Open();

        file["whole"].AsSingle().ToArray().ShouldBe(Six);
        file["alias"].ToSingles().ShouldBe(Six);
        file["transposed"].ToSingles().ShouldBe([1, 4, 2, 5, 3, 6]);
        file["transposed"].IsContiguous.ShouldBeFalse();
        Should.Throw<InvalidOperationException>(() => file["transposed"].AsSingle()).Message.ShouldContain("not contiguous");
        var rows = new float[4];
        file["transposed"].ReadRows(1, 2, rows);
        rows.ShouldBe([2, 5, 3, 6]);
        file["second row"].AsSingle().ToArray().ShouldBe([4, 5, 6]);
        file["last column"].ToSingles().ShouldBe([3, 6]);
        file["cube"].ToSingles().ShouldBe([1, 4, 2, 5, 3, 6]);
        file["scalar"].ToSingles().ShouldBe([6]);
        file["empty"].ToSingles().ShouldBeEmpty();
        file["half"].ToSingles().ShouldBe([0.5f, -2]);
        file["bfloat"].ToSingles().ShouldBe([1, -2]);
        Should.Throw<ModelFileException>(() => file["count"].ToSingles()).Message.ShouldContain("LongStorage");
    }

    [Fact]
    public void Parameters_sizes_and_nested_state_dicts_are_understood()
    {
        var tensor = new StoredTensor("w", "FloatStorage", "0", 6, 0, [6], [1]);
        var pickle = new PickleWriter().Raw("}(").Text("epoch").Number(3).Text("lr").Raw("G\x3f\xf0\0\0\0\0\0\0").Text("state_dict")
            .Raw("}(")
            .Text("w").Global("torch._utils", "_rebuild_parameter").Raw("(").Tensor(tensor).Raw("\x88").Global("collections", "OrderedDict")
                .Raw(")RtR")
            .Text("v").Global("torch._utils", "_rebuild_tensor").Raw("(").Storage("FloatStorage", "0", 6).Number(0)
            .Global("torch", "Size").Numbers(2, 3).Raw("\x85R").Numbers(3, 1).Raw("tR").Raw("uu");
        Write(CheckpointWriter.Zip(pickle.Finish(), ("0", Bytes(Six))));

        using var file = Open();

        file.Tensors.Keys.Order().ShouldBe(["v", "w"]);
        file["w"].ToSingles().ShouldBe(Six);
        file["v"].Shape.ShouldBe([2, 3]);
    }

    [Fact]
    public void Archives_with_64_bit_sizes_and_any_folder_name_are_read()
    {
        var pickle = new PickleWriter().StateDict([new("w", "FloatStorage", "0", 6, 0, [6], [1])]).Finish();
        Write(CheckpointWriter.Archive(wide: true, ("../..//etc/data.pkl", pickle), ("../..//etc/data/0", Bytes(Six)),
            ("../..//etc/byteorder", "little"u8.ToArray())));

        using var file = Open();

        file["w"].ToSingles().ShouldBe(Six);
    }

    [Fact]
    public void Checkpoints_of_before_PyTorch_1_6_are_read()
    {
        StoredTensor[] tensors =
        [
            new("a", "FloatStorage", "94012", 6, 0, [2, 3], [3, 1]),
            new("b", "HalfStorage", "94013", 2, 0, [2], [1]),
            new("c", "FloatStorage", "94012", 6, 1, [2, 2], [1, 3]),
        ];
        var bytes = CheckpointWriter.Legacy(tensors, littleEndian: true, ("94013", 2, Bytes([(Half)1, (Half)2])), ("94012", 4, Bytes(Six)));
        Write(bytes);

        using (var file = Open())
        {
            file["a"].ToSingles().ShouldBe(Six);
            file["b"].ToSingles().ShouldBe([1, 2]);
            file["c"].ToSingles().ShouldBe([2, 5, 3, 6]);
        }

        for (var length = 1; length < bytes.Length; length++)
        {
            Write(bytes[..length]);
            Should.Throw<ModelFileException>(Open, $"cut to {length}");
        }

        Write(CheckpointWriter.Legacy(tensors, littleEndian: false, ("94013", 2, Bytes([(Half)1, (Half)2])), ("94012", 4, Bytes(Six))));
        Should.Throw<ModelFileException>(Open).Message.ShouldContain("little-endian");
        Write(CheckpointWriter.Legacy(tensors, littleEndian: true, ("94012", 4, Bytes(Six))));
        Should.Throw<ModelFileException>(Open).Message.ShouldContain("94013");
        Write(CheckpointWriter.Legacy(tensors, littleEndian: true, ("94012", 4, Bytes(Six[..5])), ("94013", 2, Bytes([(Half)1, (Half)2]))));
        Should.Throw<ModelFileException>(Open).Message.ShouldContain("has not 6 elements");
    }

    public static TheoryData<string, string> HostilePickles { get; } = new()
    {
        { "cposix\nsystem\n(X\x04\0\0\0echo\x85R", "posix.system" },
        { "cos\nsystem\n(X\x04\0\0\0echotR", "os.system" },
        { "c__builtin__\neval\n", "__builtin__.eval" },
        { "cbuiltins\nexec\n", "builtins.exec" },
        { "ctorch\nload\n", "torch.load" },
        { "ctorch._utils\n_rebuild_tensor_v2.__globals__\n", "__globals__" },
        { "ccollections\nOrderedDict.__class__\n", "OrderedDict.__class__" },
        { "ctorch.storage\nFloatStorage\n", "torch.storage.FloatStorage" },
        { "X\x02\0\0\0osX\x06\0\0\0system\x93", "STACK_GLOBAL" },
        { "(S'echo'\nios\nsystem\n", "STRING" },
        { "(ios\nsystem\n", "INST" },
        { "(ccollections\nOrderedDict\no", "OBJ" },
        { "\x82\x01", "EXT1" },
        { "\x95\0\0\0\0\0\0\0\0", "FRAME" },
        { "B\xff\xff\xff\x7f", "BINBYTES" },
        { "\x8d\xff\xff\xff\xff\xff\xff\xff\x7f", "BINUNICODE8" },
        { "L99999999999999999999L\n", "LONG" },
        { "\xfe", "unknown" },
        { "\x80\x05", "protocol" },
        { "X\xff\xff\xff\xff", "4294967295 bytes" },
        { "X\0\0\x01\0", "ends inside an instruction" },
        { "J\0", "ends inside an instruction" },
        { "c", "no name" },
        { "cos\n", "no name" },
        { "ctor\x01ch\nSize\n", "no name" },
        { "t", "value that is not there" },
        { "\x86", "value that is not there" },
        { "s", "value that is not there" },
        { "NNR", "without a tuple" },
        { "N)R", "no function" },
        { "ctorch\nFloatStorage\n)R", "calls FloatStorage" },
        { "ctorch\nFloatStorage\n)\x81", "calls FloatStorage" },
        { "ccollections\nOrderedDict\n(NtR", "calls OrderedDict" },
        { "ctorch._utils\n_rebuild_tensor_v2\n)R", "calls _rebuild_tensor_v2" },
        { "ctorch._utils\n_rebuild_parameter\n(NtR", "calls _rebuild_parameter" },
        { "X\x01\0\0\0aQ", "persistent id" },
        { "h\0", "value 0" },
        { "j\xff\xff\xff\xff", "value 4294967295" },
        { "](}e", "" },
        { "N(Nu", "without a value" },
        { "N(NNu", "SETITEMS" },
        { "N}b", "BUILD" },
        { "NNa", "APPEND" },
        { "(Nq\0N}ub", "" },
        { "N", "no state dict" },
        { "}", "no tensors" },
    };

    [Theory]
    [MemberData(nameof(HostilePickles))]
    public void A_pickle_that_is_no_state_dict_is_refused_by_what_it_does(string program, string problem)
    {
        Write(CheckpointWriter.Zip(new PickleWriter().Raw(program).Finish(), ("0", Bytes(Six))));

        Should.Throw<ModelFileException>(Open).Message.ShouldContain(problem);
    }

    [Fact]
    public void Programs_that_would_eat_memory_or_time_are_refused()
    {
        var many = new StringBuilder();
        ShouldBeRefused(new string('(', 300), "more memory");
        ShouldBeRefused(new string('N', 70_000), "more memory");
        ShouldBeRefused("]" + string.Concat(Enumerable.Repeat("(" + new string('N', 60_000) + "e", 80)), "steps");
        for (var i = 0; i <= 1 << 20; i++)
            many.Append('r').Append((char)(i & 255)).Append((char)((i >> 8) & 255)).Append((char)((i >> 16) & 255)).Append('\0');
        ShouldBeRefused("N" + many, "more memory");

        // As deep as it may get, and a value that is inside itself: nothing here recurses.
        ShouldBeRefused("N" + new string('\x85', 1_000_000), "no state dict");
        ShouldBeRefused("]q\0h\0a", "no state dict");
        ShouldBeRefused("}q\0X\x05\0\0\0modelh\0s", "no tensors");
        // A billion laughs: 60 doublings of a tuple are 60 tuples here.
        ShouldBeRefused(")q\0" + string.Concat(Enumerable.Repeat("h\0h\0\x86q\0", 60)), "no state dict");
    }

    public static TheoryData<long, long, long[], long[]> ImpossibleTensors { get; } = new()
    {
        // elements of the storage as the pickle says, offset, shape, strides
        { 6, 0, [7], [1] },
        { 6, 1, [6], [1] },
        { 6, 7, [], [] },
        { 6, 7, [0], [1] },
        { 6, -1, [2], [1] },
        { 6, 0, [-1], [1] },
        { 6, 0, [2], [-1] },
        { 6, 0, [2], [6] },
        { 6, 0, [2, 3], [1] },
        { 6, 0, [1_000_000, 1_000_000], [0, 0] },
        { 6, 0, [7], [0] },
        { 6, 0, [4, 4], [1, 1] },
        { 6, 0, [2, 2], [long.MaxValue, long.MaxValue] },
        { 6, long.MaxValue, [2], [1] },
        { 6, 0, [int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue], [1, 1, 1, 1] },
        { 6, 0, [4294967296], [1] },
        { 6, 0, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] },
        { 5, 0, [5], [1] },
        { 7, 0, [7], [1] },
        { -6, 0, [1], [1] },
        { long.MaxValue, 0, [6], [1] },
        { long.MaxValue, long.MaxValue, [1], [1] },
        { 1L << 62, 0, [6], [1] },
    };

    [Theory]
    [MemberData(nameof(ImpossibleTensors))]
    public void A_tensor_that_does_not_fit_its_storage_is_refused(long count, long offset, long[] shape, long[] strides)
    {
        Write(CheckpointWriter.ZipOf([new("w", "FloatStorage", "0", count, offset, shape, strides)], ("0", Bytes(Six))));
        Should.Throw<ModelFileException>(Open);

        if (count == 6)
        {
            Write(CheckpointWriter.Legacy(
                [new("w", "FloatStorage", "0", count, offset, shape, strides)], littleEndian: true, ("0", 4, Bytes(Six))));
            Should.Throw<ModelFileException>(Open);
        }
    }

    [Theory]
    [InlineData("1")]
    [InlineData("../data/0")]
    [InlineData("../../../../etc/passwd")]
    [InlineData("")]
    public void A_storage_key_is_the_name_of_an_entry_and_never_a_path(string key)
    {
        Write(CheckpointWriter.ZipOf([new("w", "FloatStorage", key, 6, 0, [6], [1])], ("0", Bytes(Six))));
        Should.Throw<ModelFileException>(Open).Message.ShouldContain($"storage '{key}' is missing");
    }

    [Fact]
    public void An_archive_that_is_not_a_checkpoint_of_weights_is_refused()
    {
        var pickle = new PickleWriter().StateDict([new("w", "FloatStorage", "0", 6, 0, [6], [1])]).Finish();
        var data = Bytes(Six);
        ShouldBeRefused([("a/data.pkl", pickle), ("a/data/0", data), ("a/byteorder", "big"u8.ToArray())], "byteorder");
        ShouldBeRefused([("a/data.pkl", pickle), ("a/data/0", data), ("a/byteorder", new byte[1000])], "byteorder");
        ShouldBeRefused([("a/data.pkl", pickle), ("a/data/0", data), ("a/constants.pkl", [])], "TorchScript");
        ShouldBeRefused([("a/data.pkl", pickle), ("a/data/0", data), ("a/code/x.py", [])], "TorchScript");
        ShouldBeRefused([("a/data.pkl", pickle), ("b/data.pkl", pickle), ("a/data/0", data)], "2 data.pkl");
        ShouldBeRefused([("word/document.xml", data)], "0 data.pkl");
        ShouldBeRefused([("a/data.pkl", pickle), ("a/data/0", data), ("a/data/0", data)], "twice");
        ShouldBeRefused([("a/data.pkl", new byte[(1 << 24) + 1]), ("a/data/0", data)], "16777217 bytes");
        ShouldBeRefused([("a/data.pkl", []), ("a/data/0", data)], "ends inside");
    }

    [Fact]
    public void A_compressed_archive_is_refused_without_unpacking_it()
    {
        using (var archive = new ZipArchive(File.Create(_temporary.Path), ZipArchiveMode.Create))
        {
            using var bomb = archive.CreateEntry("archive/data.pkl", CompressionLevel.SmallestSize).Open();
            for (var megabyte = 0; megabyte < 16; megabyte++)
                bomb.Write(new byte[1 << 20]);
        }

        Should.Throw<ModelFileException>(Open).Message.ShouldContain("compressed");
    }

    private void ShouldBeRefused(string program, string problem)
    {
        Write(CheckpointWriter.Zip(new PickleWriter().Raw(program).Finish()));
        Should.Throw<ModelFileException>(Open).Message.ShouldContain(problem);
    }

    private void ShouldBeRefused((string Name, byte[] Data)[] entries, string problem)
    {
        foreach (var wide in (bool[])[false, true])
        {
            Write(CheckpointWriter.Archive(wide, entries));
            Should.Throw<ModelFileException>(Open).Message.ShouldContain(problem);
        }
    }

    private static byte[] Bytes<T>(T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private void Write(byte[] bytes) => File.WriteAllBytes(_temporary.Path, bytes);

    private WeightFile Open() => WeightFile.Open(_temporary.Path);
}

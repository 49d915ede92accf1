using System.Runtime.InteropServices;
using Speech.Tensors.Files;

namespace Speech.Tensors.Tests.Files;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFile _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Tensors_of_every_float_type_come_back_as_written()
    {
        float[] values = [0, 1, -2.5f, 0.1f, 65504, -3e-5f];
        Write(
            ("a.weight", "F32", [2, 3], Bytes(values)),
            ("b.weight", "F16", [3, 2], Bytes(values.Select(value => (Half)value).ToArray())),
            ("c.weight", "BF16", [6], Bytes(values.Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)).ToArray())),
            ("d.bias", "F32", [], Bytes([42f])),
            ("e.empty", "F32", [0, 5], []),
            ("f.count", "I64", [1], Bytes([7L])));

        using var file = Open();

        file.Tensors.Count.ShouldBe(6);
        file["a.weight"].AsSingle().ToArray().ShouldBe(values);
        file["a.weight"].ToSingles().ShouldBe(values);
        file["b.weight"].AsHalf().ToArray().ShouldBe(values.Select(value => (Half)value));
        file["b.weight"].ToSingles().ShouldBe(values.Select(value => (float)(Half)value));
        file["c.weight"].Type.ShouldBe(ElementType.BFloat16);
        file["c.weight"].ToSingles()
            .ShouldBe(values.Select(value => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000)));
        file["d.bias"].ToSingles().ShouldBe([42f]);
        file["e.empty"].ToSingles().ShouldBeEmpty();
        var rows = new float[4];
        file["b.weight"].ReadRows(1, 2, rows);
        rows.ShouldBe(values[2..].Select(value => (float)(Half)value));

        Should.Throw<ArgumentOutOfRangeException>(() => file["a.weight"].ReadRows(1, 2, new float[6]));
        Should.Throw<InvalidOperationException>(() => file["a.weight"].AsHalf());
        file.Get("a.weight", 2, 3).Length.ShouldBe(6);
        Should.Throw<ModelFileException>(() => file.Get("a.weight", 3, 2)).TensorName.ShouldBe("a.weight");
        Should.Throw<ModelFileException>(() => file["g"]).TensorName.ShouldBe("g");
    }

    [Fact]
    public void A_type_that_is_no_float_is_listed_and_refused_only_when_read()
    {
        Write(("count", "I64", [1], Bytes([7L])), ("small", "F4", [4], [1, 2]));

        using var file = Open();

        file["count"].Type.ShouldBe(ElementType.Other);
        file["small"].Length.ShouldBe(4);
        Should.Throw<ModelFileException>(() => file["count"].ToSingles()).Message.ShouldContain("I64");
        Should.Throw<ModelFileException>(() => file["count"].ReadRows(0, 1, new float[1])).TensorName.ShouldBe("count");
        Should.Throw<InvalidOperationException>(() => file["count"].AsSingle());
    }

    public static TheoryData<string, string, int> HostileHeaders { get; } = new()
    {
        // header, the problem, bytes of data
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "begins at 4, where 0", 8 },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", "begins at 8, where 4", 12 },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", "begins at 4, where 8", 12 },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "5 bytes of data", 5 },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "0 bytes of data", 0 },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "not those of F32 [2]", 4 },
        { """{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647,2147483647,2147483647],"data_offsets":[0,4]}}""", "not those of", 4 },
        { """{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", "impossible", 0 },
        { """{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", "impossible", 4 },
        { """{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", "impossible", 4 },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", "not those of", 4 },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", "impossible", 4 },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", "lacks", 4 },
        { """{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}""", "impossible", 4 },
        { """{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}""", "'F31' is not known", 4 },
        { """{"a":{"shape":[1],"data_offsets":[0,4]}}""", "lacks", 4 },
        { """{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "dtype occurs twice", 4 },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "occurs twice", 8 },
        { """{"a":{"dtype":7,"shape":[1],"data_offsets":[0,4]}}""", "not sound JSON", 4 },
        { """{"a":[1]}""", "says nothing", 0 },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} x""", "not sound JSON", 4 },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}""", "not sound JSON", 4 },
        { """{"a":{"dtype":"F32","shape":[[[[[[[[[1]]]]]]]]],"data_offsets":[0,4]}}""", "", 4 },
        { """{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "not sound JSON", 4 },
        { """[{"a":1}]""", "not JSON", 0 },
    };

    [Theory]
    [MemberData(nameof(HostileHeaders))]
    public void A_hostile_header_is_refused(string header, string problem, int dataBytes)
    {
        File.WriteAllBytes(_temporary.Path, SafetensorsWriter.WithHeader(header, new byte[dataBytes]));

        var error = Should.Throw<ModelFileException>(Open);
        error.Message.ShouldContain(problem);
        error.Message.ShouldContain(_temporary.Path);
    }

    [Fact]
    public void Blanks_after_the_header_and_keys_of_the_future_are_no_harm()
    {
        File.WriteAllBytes(_temporary.Path, SafetensorsWriter.WithHeader("""{"a":{"new":{"x":[1]},"dtype":"F32","shape":[1],"data_offsets":[0,4]}}       """, Bytes([3f])));
        using var file = Open();
        file["a"].ToSingles().ShouldBe([3f]);
    }

    [Fact]
    public void A_header_that_is_no_text_or_longer_than_the_file_or_than_any_is_refused()
    {
        File.WriteAllBytes(_temporary.Path, SafetensorsWriter.WithHeader([(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)'}'], []));
        Should.Throw<ModelFileException>(Open).Message.ShouldContain("UTF-8");
        File.WriteAllBytes(_temporary.Path, [100, 0, 0, 0, 0, 0, 0, 0, (byte)'{']);
        Should.Throw<ModelFileException>(Open).Message.ShouldContain("ends inside its header of 100 bytes");
        File.WriteAllBytes(_temporary.Path, [1, 0xe1, 0xf5, 5, 0, 0, 0, 0, (byte)'{']);
        Should.Throw<ModelFileException>(Open).Message.ShouldContain("neither a safetensors file nor");
        File.WriteAllBytes(_temporary.Path, [255, 255, 255, 255, 255, 255, 255, 255, (byte)'{']);
        Should.Throw<ModelFileException>(Open).Message.ShouldContain("neither a safetensors file nor");
        File.WriteAllBytes(_temporary.Path, [1, 2, 3]);
        Should.Throw<ModelFileException>(Open).Message.ShouldContain("too short");
        File.WriteAllBytes(_temporary.Path, []);
        Should.Throw<ModelFileException>(Open).Message.ShouldContain("empty");
    }

    private static byte[] Bytes<T>(T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private void Write(params (string Name, string Type, int[] Shape, byte[] Data)[] tensors) =>
        File.WriteAllBytes(_temporary.Path, SafetensorsWriter.File(tensors));

    private WeightFile Open() => WeightFile.Open(_temporary.Path);
}

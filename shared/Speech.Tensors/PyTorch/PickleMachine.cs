using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Speech.Tensors.PyTorch;

/// <summary>
/// Runs the one kind of pickle program that a checkpoint's state dict is: numbers, texts, tuples, lists, dicts, and calls of the five
/// functions of
/// <see cref="PickleGlobal"/>, which here only note what a tensor looks like. A pickle of Python can call anything; this machine has no
/// opcode and no name that could, and refuses every other one by its name. Whatever a program does, its steps, stack, marks and texts are
/// bounded.
/// </summary>
/// <remarks>Source: Python's <c>pickletools</c> and PyTorch's <c>_weights_only_unpickler.py</c>, which allows the same opcodes (protocol
/// 2).</remarks>
internal ref struct PickleMachine
{
    private const int MaximumSteps = 4_000_000;
    private const int MaximumStack = 1 << 16;
    private const int MaximumMarks = 256;
    private const int MaximumMemo = 1 << 20;
    private const int MaximumTextBytes = 1 << 16;
    private const int MaximumNameBytes = 256;
    private const int MaximumDimensions = 16;
    private const int NewestProtocol = 2;

    private readonly string _path;
    private readonly ReadOnlySpan<byte> _program;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<uint, object?> _memo = [];
    private readonly List<PickleStorage> _storages = [];
    private int _at;

    private PickleMachine(string path, ReadOnlySpan<byte> program)
    {
        _path = path;
        _program = program;
    }

    /// <summary>Runs a program.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="program">May go on after its end.</param>
    /// <exception cref="ModelFileException">It does anything but build a state dict.</exception>
    public static PickleResult Run(string path, ReadOnlySpan<byte> program)
    {
        var machine = new PickleMachine(path, program);
        var value = machine.Run();
        return new PickleResult(value, machine._storages, machine._at);
    }

    private object? Run()
    {
        for (var step = 0; step < MaximumSteps; step++)
        {
            var opcode = (PickleOpcode)Bytes(1)[0];
            if (opcode == PickleOpcode.STOP)
                return Pop();
            Execute(opcode);
            if (_stack.Count > MaximumStack || _marks.Count > MaximumMarks || _memo.Count > MaximumMemo)
                throw Refused("needs more memory than a state dict ever does");
        }

        throw Refused($"takes more than {MaximumSteps} steps");
    }

    private void Execute(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.PROTO:
                if (Bytes(1)[0] > NewestProtocol)
                    throw Refused($"is of a protocol newer than {NewestProtocol}, which torch.save does not use");
                break;
            case PickleOpcode.MARK:
                _marks.Add(_stack.Count);
                break;
            case PickleOpcode.NONE:
                _stack.Add(null);
                break;
            case PickleOpcode.NEWTRUE:
                _stack.Add(true);
                break;
            case PickleOpcode.NEWFALSE:
                _stack.Add(false);
                break;
            case PickleOpcode.BININT:
                _stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Bytes(4)));
                break;
            case PickleOpcode.BININT1:
                _stack.Add((long)Bytes(1)[0]);
                break;
            case PickleOpcode.BININT2:
                _stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2)));
                break;
            case PickleOpcode.LONG1:
                var integer = new BigInteger(Bytes(Bytes(1)[0]));
                _stack.Add(integer >= long.MinValue && integer <= long.MaxValue ? (object)(long)integer : integer);
                break;
            case PickleOpcode.BINFLOAT:
                _stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Bytes(8)));
                break;
            case PickleOpcode.BINUNICODE:
                _stack.Add(Text(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))));
                break;
            case PickleOpcode.SHORT_BINSTRING:
                _stack.Add(Text(Bytes(1)[0]));
                break;
            case PickleOpcode.EMPTY_TUPLE:
                _stack.Add(Array.Empty<object?>());
                break;
            case PickleOpcode.TUPLE:
                _stack.Add(PopToMark());
                break;
            case PickleOpcode.TUPLE1:
                _stack.Add(PopItems(1));
                break;
            case PickleOpcode.TUPLE2:
                _stack.Add(PopItems(2));
                break;
            case PickleOpcode.TUPLE3:
                _stack.Add(PopItems(3));
                break;
            case PickleOpcode.EMPTY_LIST:
            case PickleOpcode.EMPTY_SET:
                _stack.Add(new PickleList());
                break;
            case PickleOpcode.APPEND:
                var item = Pop();
                Top<PickleList>(opcode).Items.Add(item);
                break;
            case PickleOpcode.APPENDS:
                var items = PopToMark();
                Top<PickleList>(opcode).Items.AddRange(items);
                break;
            case PickleOpcode.EMPTY_DICT:
                _stack.Add(new PickleDictionary());
                break;
            case PickleOpcode.SETITEM:
                SetItems(opcode, PopItems(2));
                break;
            case PickleOpcode.SETITEMS:
                SetItems(opcode, PopToMark());
                break;
            case PickleOpcode.BINGET:
                Get(Bytes(1)[0]);
                break;
            case PickleOpcode.LONG_BINGET:
                Get(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4)));
                break;
            case PickleOpcode.BINPUT:
                _memo[Bytes(1)[0]] = Peek();
                break;
            case PickleOpcode.LONG_BINPUT:
                _memo[BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))] = Peek();
                break;
            case PickleOpcode.GLOBAL:
                var (module, name) = (Line(), Line());
                _stack.Add(PickleGlobal.Find(module, name) ?? throw Refused($"names {module}.{name}, which no state dict needs"));
                break;
            case PickleOpcode.REDUCE:
            case PickleOpcode.NEWOBJ:
                Call();
                break;
            case PickleOpcode.BUILD:
                // The state dict's _metadata (versions of modules), which no reader of weights needs.
                Pop();
                Top<PickleDictionary>(opcode);
                break;
            case PickleOpcode.BINPERSID:
                var storage = Storage(Pop());
                _storages.Add(storage);
                _stack.Add(storage);
                break;
            default:
                var known = Enum.IsDefined(opcode) ? opcode.ToString() : "unknown";
                throw Refused($"has the opcode 0x{(byte)opcode:x2} ({known}) at byte {_at - 1}, which no state dict needs");
        }
    }

    private void SetItems(PickleOpcode opcode, object?[] items)
    {
        if (items.Length % 2 != 0)
            throw Refused($"has a key without a value at byte {_at - 1}");
        var entries = Top<PickleDictionary>(opcode).Entries;
        for (var i = 0; i < items.Length; i += 2)
            entries.Add((items[i], items[i + 1]));
    }

    private void Call()
    {
        var arguments = Pop() as object?[] ?? throw Refused($"calls something without a tuple at byte {_at - 1}");
        var function = Pop() as PickleGlobal ?? throw Refused($"calls something that is no function at byte {_at - 1}");
        _stack.Add((function.Kind, arguments) switch
        {
            (PickleGlobalKind.OrderedDict, []) => new PickleDictionary(),
            (PickleGlobalKind.Size, [object?[] size]) => size,
            (PickleGlobalKind.Parameter, [PickleTensor tensor, ..]) => tensor,
            (PickleGlobalKind.Tensor, [PickleStorage storage, long offset, object?[] size, object?[] stride, ..]) =>
                Tensor(storage, offset, size, stride),
            _ => throw Refused($"calls {function.Name} with arguments that it does not have"),
        });
    }

    private readonly PickleTensor Tensor(PickleStorage storage, long offset, object?[] size, object?[] stride)
    {
        if (size.Length != stride.Length || size.Length > MaximumDimensions)
            throw Refused($"has a tensor of {size.Length} dimensions with {stride.Length} strides");
        var (shape, strides) = (new int[size.Length], new long[size.Length]);
        for (var i = 0; i < size.Length; i++)
        {
            if (size[i] is not (long and >= 0 and <= int.MaxValue and var dimension) || stride[i] is not (long and >= 0 and var step))
                throw Refused("has a tensor with impossible dimensions");
            (shape[i], strides[i]) = ((int)dimension, step);
        }

        return new PickleTensor(storage, offset, shape, strides);
    }

    /// <summary>("storage", class, key, location, elements), and in old files the part of another storage that it is, or None.</summary>
    private readonly PickleStorage Storage(object? id) =>
        id is object?[] and ["storage", PickleGlobal { StorageType: { } type } storageClass, string key, string,
            long and >= 0 and var count, .. var view]
        && view is [] or [null]
            ? new PickleStorage(storageClass.Name, type, key, count)
            : throw Refused("has a persistent id that is none of a storage of its own");

    private void Get(uint index) =>
        _stack.Add(_memo.TryGetValue(index, out var value) ? value : throw Refused($"asks for the value {index}, which it never noted"));

    private readonly object? Peek() => _stack.Count > Floor ? _stack[^1] : throw Underflow();

    private readonly T Top<T>(PickleOpcode opcode)
        where T : class => Peek() as T ?? throw Refused($"has a {opcode} for something else at byte {_at - 1}");

    private readonly object? Pop()
    {
        var value = Peek();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private readonly object?[] PopItems(int count)
    {
        if (_stack.Count - count < Floor)
            throw Underflow();
        var items = _stack[^count..].ToArray();
        _stack.RemoveRange(_stack.Count - count, count);
        return items;
    }

    private readonly object?[] PopToMark()
    {
        if (_marks.Count == 0)
            throw Underflow();
        var items = PopItems(_stack.Count - Floor);
        _marks.RemoveAt(_marks.Count - 1);
        return items;
    }

    /// <summary>The stack's size at the innermost mark.</summary>
    private readonly int Floor => _marks.Count == 0 ? 0 : _marks[^1];

    private ReadOnlySpan<byte> Bytes(int count)
    {
        if (count > _program.Length - _at)
            throw Refused($"ends inside an instruction, at byte {_program.Length}");
        var bytes = _program.Slice(_at, count);
        _at += count;
        return bytes;
    }

    private string Text(uint length)
    {
        if (length > MaximumTextBytes)
            throw Refused($"has a text of {length} bytes");
        return Encoding.UTF8.GetString(Bytes((int)length));
    }

    private string Line()
    {
        var length = _program[_at..Math.Min(_program.Length, _at + MaximumNameBytes)].IndexOf((byte)'\n');
        if (length < 0 || _program.Slice(_at, length).ContainsAnyExceptInRange((byte)' ', (byte)'~'))
            throw Refused($"names something that is no name at byte {_at}");
        var line = Encoding.ASCII.GetString(Bytes(length));
        _at++;
        return line;
    }

    private readonly ModelFileException Underflow() => Refused($"takes a value that is not there at byte {_at - 1}");

    private readonly ModelFileException Refused(string what) =>
        new(_path, $"its pickle {what}. It is damaged, or not a plain state dict: it could run code in Python and is not used; prefer a model.safetensors.");
}

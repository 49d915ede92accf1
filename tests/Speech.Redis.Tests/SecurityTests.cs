using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using StackExchange.Redis;

namespace Speech.Redis.Tests;

public class SecurityTests
{
    [Fact]
    public async Task A_user_with_a_password_gets_what_the_access_list_allows()
    {
        await using var server = await RedisServer.StartAsync("--requirepass", "top");
        var asDefault = server.Url.Replace("redis://", "redis://:top@", StringComparison.Ordinal);
        await using var root = new RedisClient(RedisOptions.Parse(asDefault) with { Database = 2 });
        await root.ExecuteAsync("ACL", "SETUSER", "ann", "on", ">p@ss:/%w", "~own:*", "+@all");
        var asAnn = server.Url.Replace("redis://", "redis://ann:p%40ss%3A%2F%25w@", StringComparison.Ordinal)
            .Replace("/0", "/2", StringComparison.Ordinal);
        await using var ann = new RedisClient(RedisOptions.Parse(asAnn));
        await ann.SetAsync("own:key", "x");
        ((string?)await ann.ExecuteAsync("ACL", "WHOAMI")).ShouldBe("ann");
        (await Should.ThrowAsync<RedisServerException>(ann.SetAsync("other", "x"))).Code.ShouldBe("NOPERM");

        ((string?)await root.GetAsync("own:key")).ShouldBe("x");
        await using var reader = new RedisBlockingConnection(RedisOptions.Parse(asDefault) with { Database = 2 });
        ((string?)await reader.ExecuteAsync("GET", [(RedisKey)"own:key"], TimeSpan.FromSeconds(1))).ShouldBe("x");
    }

    [Theory]
    [InlineData("redis://:wrong@", "WRONGPASS")]
    [InlineData("redis://ann:top@", "WRONGPASS")]
    [InlineData("redis://", "NOAUTH")]
    public async Task A_wrong_password_is_said_at_once(string credentials, string code)
    {
        await using var server = await RedisServer.StartAsync("--requirepass", "top");
        await using var redis = new RedisClient(
            RedisOptions.Parse(server.Url.Replace("redis://", credentials, StringComparison.Ordinal)) with
            {
                CommandTimeout = TimeSpan.FromMinutes(5), // not what ends it
            });
        var error = await Should.ThrowAsync<RedisConnectionException>(redis.PingAsync());
        error.Message.ShouldContain(code);
        error.MaybeExecuted.ShouldBeFalse();
        error.Message.ShouldNotContain("top");
    }

    [Fact]
    public async Task A_wrong_password_is_said_also_where_anyone_may_come_in()
    {
        await using var server = await RedisServer.StartAsync();
        await using var root = new RedisClient(RedisOptions.Parse(server.Url));
        await root.ExecuteAsync("ACL", "SETUSER", "ann", "on", ">right", "~*", "&*", "+@all", "-acl");
        await using var right = new RedisClient(RedisOptions.Parse(server.Url) with { Username = "ann", Password = "right" });
        await right.SetAsync("k", 1); // who may not ask who it is does not have to
        await using var wrong = new RedisClient(
            RedisOptions.Parse(server.Url) with { Username = "ann", Password = "wrong", CommandTimeout = TimeSpan.FromMinutes(5) });
        var error = await Should.ThrowAsync<RedisConnectionException>(wrong.SetAsync("k", 2));
        error.Message.ShouldContain("'default'");
        error.MaybeExecuted.ShouldBeFalse();
        ((long)await root.GetAsync("k")).ShouldBe(1);
    }

    [Fact]
    public async Task A_user_with_just_the_commands_it_needs_can_connect()
    {
        await using var server = await RedisServer.StartAsync();
        await using var root = new RedisClient(RedisOptions.Parse(server.Url));
        await root.ExecuteAsync("ACL", "SETUSER", "worker", "on", ">pw", "~jobs", "&*", "-@all", "+ping", "+echo", "+select", "+xadd",
            "+subscribe", "+publish");
        await using var redis = new RedisClient(RedisOptions.Parse(server.Url) with { Username = "worker", Password = "pw", Database = 3 });
        await redis.StreamAddAsync("jobs", [new("n", 1)]);
        await using var subscriber = new RedisSubscriber(redis);
        await using var subscription = await subscriber.SubscribeAsync("results", new Heard().OnMessage);
        (await redis.PublishAsync("results", "x")).ShouldBe(1);
        (await Should.ThrowAsync<RedisServerException>(redis.SetAsync("jobs", 1))).Code.ShouldBe("NOPERM");
    }

    [Fact]
    public async Task A_database_that_does_not_exist_is_said_at_once()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = new RedisClient(
            RedisOptions.Parse(server.Url) with { Database = 999, CommandTimeout = TimeSpan.FromMinutes(5) });
        (await Should.ThrowAsync<RedisConnectionException>(redis.PingAsync())).Message.ShouldContain("no database 999");
    }

    [Fact]
    public async Task Everything_works_over_tls()
    {
        using var certificate = SelfSigned();
        await using var server = await StartWithTlsAsync(certificate);
        var options = RedisOptions.Parse($"rediss://localhost:{server.TlsPort}") with
        {
            CertificateValidation = (_, presented, _, _) => presented!.GetCertHashString() == certificate.GetCertHashString(),
        };
        await using var redis = new RedisClient(options);
        var value = new byte[5_000_000];
        new Random(1).NextBytes(value);
        await redis.SetAsync("large", value);
        ((byte[])(await redis.GetAsync("large"))!).AsSpan().SequenceEqual(value).ShouldBeTrue();
        var echoes = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => redis.ExecuteAsync("ECHO", i)));
        echoes.Select(echo => (long)echo).ShouldBe(Enumerable.Range(0, 1000).Select(i => (long)i));

        await using var subscriber = new RedisSubscriber(redis);
        var heard = new Heard();
        await using var subscription = await subscriber.SubscribeAsync("tls", heard.OnMessage);
        await redis.PublishAsync("tls", "hello");
        (await heard.NextAsync()).ShouldBe("hello");

        await server.Server.RestartAsync();
        (await Eventually.ConnectedAsync(() => redis.GetAsync("large"))).GetLongByteCount().ShouldBe(value.Length);
    }

    [Fact]
    public async Task A_certificate_that_is_not_trusted_is_said_at_once()
    {
        using var certificate = SelfSigned();
        await using var server = await StartWithTlsAsync(certificate);
        await using var redis = new RedisClient(
            RedisOptions.Parse($"rediss://localhost:{server.TlsPort}") with { CommandTimeout = TimeSpan.FromMinutes(5) });
        (await Should.ThrowAsync<RedisConnectionException>(redis.PingAsync())).Message.ShouldContain("certificate");
    }

    private static async Task<TlsServer> StartWithTlsAsync(X509Certificate2 certificate)
    {
        var folder = Directory.CreateTempSubdirectory("speech-redis-tls-").FullName;
        var certificateFile = Path.Combine(folder, "cert.pem");
        var keyFile = Path.Combine(folder, "key.pem");
        await File.WriteAllTextAsync(certificateFile, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(keyFile, certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        var port = RedisServer.FreePort();
        var server = await RedisServer.StartAsync(
            "--tls-port", $"{port}", "--tls-cert-file", certificateFile, "--tls-key-file", keyFile, "--tls-auth-clients", "no");
        return new(server, port, folder);
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private sealed record TlsServer(RedisServer Server, int TlsPort, string Folder) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Server.DisposeAsync();
            Directory.Delete(Folder, recursive: true);
        }
    }
}

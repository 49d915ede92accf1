using Speech.Gateway;
using Speech.Hosting;
using Speech.Hosting.Health;
using Speech.Hosting.Metrics;

var builder = SpeechHost.CreateBuilder(args, "gateway", defaultPort: 8080);
builder.AddJobs();
builder.AddGateway();

var app = builder.Build();
app.MapHealth();
app.MapMetrics();
app.MapGateway();
return await app.RunSpeechAsync();

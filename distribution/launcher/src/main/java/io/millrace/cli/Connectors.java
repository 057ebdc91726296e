package io.millrace.cli;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "connector", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND",
        description = "Look at connectors of the running platform, pause, resume, restart or delete them.")
final class Connectors implements Runnable {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(System.out);
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "List connectors and how they are.")
    int list(@Mixin RestTarget target) throws IOException {
        Rest rest = target.rest();
        Table table = new Table("NAME", "TYPE", "STATE", "TASKS");
        if (rest.get("/connectors") instanceof List<?> names) {
            for (Object name : names) {
                Map<?, ?> status = (Map<?, ?>) rest.get("/connectors/" + Rest.encode(name.toString()) + "/status");
                table.row(name, status.get("type"), ((Map<?, ?>) status.get("connector")).get("state"), tasks(status));
            }
        }
        table.print(System.out);
        return 0;
    }

    @Command(name = "status", mixinStandardHelpOptions = true, description = "Say how a connector and its tasks are.")
    int status(@Mixin RestTarget target, @Parameters(paramLabel = "NAME") String name) throws IOException {
        Map<?, ?> status = (Map<?, ?>) target.rest().get("/connectors/" + Rest.encode(name) + "/status");
        Map<?, ?> connector = (Map<?, ?>) status.get("connector");
        System.out.println(name + ": " + connector.get("state") + trace(connector));
        for (Object task : (List<?>) status.get("tasks")) {
            Map<?, ?> fields = (Map<?, ?>) task;
            System.out.println("  task " + fields.get("id") + ": " + fields.get("state") + trace(fields));
        }
        return 0;
    }

    @Command(name = "pause", mixinStandardHelpOptions = true, description = "Pause a connector.")
    int pause(@Mixin RestTarget target, @Parameters(paramLabel = "NAME") String name) throws IOException {
        return change(target, "PUT", name, "/pause", "pausing");
    }

    @Command(name = "resume", mixinStandardHelpOptions = true, description = "Resume a paused connector.")
    int resume(@Mixin RestTarget target, @Parameters(paramLabel = "NAME") String name) throws IOException {
        return change(target, "PUT", name, "/resume", "resuming");
    }

    @Command(name = "restart", mixinStandardHelpOptions = true, description = "Restart a connector and its tasks.")
    int restart(@Mixin RestTarget target, @Parameters(paramLabel = "NAME") String name) throws IOException {
        return change(target, "POST", name, "/restart?includeTasks=true", "restarting");
    }

    @Command(name = "delete", mixinStandardHelpOptions = true, description = "Delete a connector.")
    int delete(@Mixin RestTarget target, @Parameters(paramLabel = "NAME") String name) throws IOException {
        return change(target, "DELETE", name, "", "deleted");
    }

    private static int change(RestTarget target, String method, String name, String path, String done) throws IOException {
        target.rest().send(method, "/connectors/" + Rest.encode(name) + path, null);
        System.out.println(done + " " + name);
        return 0;
    }

    private static String tasks(Map<?, ?> status) {
        List<?> tasks = (List<?>) status.get("tasks");
        long running = tasks.stream().filter(task -> "RUNNING".equals(((Map<?, ?>) task).get("state"))).count();
        return running + " of " + tasks.size() + " running";
    }

    private static String trace(Map<?, ?> fields) {
        return fields.get("trace") == null ? "" : ", " + fields.get("trace").toString().lines().findFirst().orElse("");
    }
}

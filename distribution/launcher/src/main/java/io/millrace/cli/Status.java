package io.millrace.cli;

import io.millrace.launcher.Instance;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "status", mixinStandardHelpOptions = true, description = "Say what runs, where, and how it is.", exitCodeListHeading = "Exit code:%n",
        exitCodeList = {"0:it runs, and nothing is wrong", "1:nothing runs there", "2:wrong usage",
            Status.TROUBLED + ":it runs, and something is DEGRADED or FAILED; the table 'health' says what and why"})
final class Status implements Callable<Integer> {

    static final int TROUBLED = 3;
    private static final Set<String> TROUBLES = Set.of("DEGRADED", "FAILED");

    @Mixin
    private Target target;

    @Override
    public Integer call() throws IOException {
        Instance instance = target.instance();
        System.out.println("Millrace runs as process " + instance.pid() + ", Kafka protocol on " + instance.listen() + ", REST on http://" + instance.http()
                + ", data in " + target.data());
        Object status = new Rest("http://" + instance.http()).get("/status");
        print("", status);
        return status instanceof Map<?, ?> fields && TROUBLES.contains(String.valueOf(fields.get("state"))) ? TROUBLED : 0;
    }

    private static void print(String indent, Object value) {
        if (value instanceof Map<?, ?> fields) {
            fields.forEach((name, field) -> print(indent, name.toString(), field));
        } else if (value instanceof List<?> items && !items.isEmpty() && items.getFirst() instanceof Map<?, ?> first) {
            Table table = new Table(first.keySet().stream().map(name -> indent + name).toArray(String[]::new));
            items.forEach(item -> table.row(((Map<?, ?>) item).values().stream().map(cell -> indent + (cell == null ? "" : cell)).toArray()));
            table.print(System.out);
        } else if (value != null) {
            System.out.println(indent + value);
        }
    }

    private static void print(String indent, String name, Object field) {
        if (field instanceof Map<?, ?> || field instanceof List<?> items && !items.isEmpty()) {
            System.out.println(indent + name + ":");
            print(indent + "  ", field);
        } else {
            System.out.println(indent + name + ": " + field);
        }
    }
}

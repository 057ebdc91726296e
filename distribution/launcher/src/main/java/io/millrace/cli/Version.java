package io.millrace.cli;

import picocli.CommandLine.Command;

@Command(name = "version", description = "Print the version.")
final class Version implements Runnable {

    @Override
    public void run() {
        System.out.println(text());
    }

    static String text() {
        String version = Version.class.getPackage().getImplementationVersion();
        return "Millrace " + (version == null ? "(not packaged)" : version) + ", Java " + Runtime.version() + ", Kafka protocol";
    }
}

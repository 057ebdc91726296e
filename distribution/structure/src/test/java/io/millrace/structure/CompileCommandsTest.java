package io.millrace.structure;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The JVM says nothing of a compile command for a method that is not there. */
class CompileCommandsTest {

    private static final String COMMAND = "dontinline ";

    @Test
    void everyCommandIsOfAMethodThatThereIs() throws IOException {
        List<String> lines = Files.readAllLines(Path.of("../assembly/src/main/millrace/lib/compile-commands"));
        assertThat(lines).startsWith("quiet").hasSizeGreaterThan(1);
        assertThat(lines.subList(1, lines.size())).allMatch(line -> line.startsWith(COMMAND));
        assertThat(methods()).containsAll(lines.stream().skip(1).map(line -> line.substring(COMMAND.length())).toList());
    }

    private static Set<String> methods() {
        return Bundle.of("io.millrace.broker").classes().stream().map(JavaClass::getMethods).flatMap(Set::stream)
                .map((JavaMethod method) -> method.getOwner().getName() + "::" + method.getName()).collect(Collectors.toSet());
    }
}

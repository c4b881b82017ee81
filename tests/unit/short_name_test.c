/* Names of C++ as they are shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "short_name.h"

#define STRING "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >"

static void check(const char *name, const char *expected)
{
    char text[1024];

    snprintf(text, sizeof(text), "%s", name);
    lh_shorten_name(text);
    assert_string_equal(text, expected);
}

static void strings_are_called_as_in_the_source(void **state)
{
    (void)state;
    check("Cache::get(" STRING " const&)", "Cache::get(std::string const&)");
    check("Box<" STRING " >::with()", "Box<std::string>::with()");
    check("f(std::basic_string_view<char, std::char_traits<char> >)", "f(std::string_view)");
    check("std::basic_ostream<char, std::char_traits<char> >::flush()", "std::ostream::flush()");
    check("std::__1::basic_string<char, std::__1::char_traits<char>, std::__1::allocator<char> "
          ">::size()",
          "std::string::size()");
    check("std::filesystem::__cxx11::path::stem() const", "std::filesystem::path::stem() const");
}

static void default_arguments_of_templates_go(void **state)
{
    (void)state;
    check("f(std::vector<int, std::allocator<int> >&)", "f(std::vector<int>&)");
    check("std::map<" STRING ", A, std::less<" STRING " >, std::allocator<std::pair<" STRING
          " const, A> > >::at(" STRING " const&)",
          "std::map<std::string, A>::at(std::string const&)");
    check("f(std::vector<std::vector<int, std::allocator<int> >, std::allocator<std::vector<int, "
          "std::allocator<int> > > >)",
          "f(std::vector<std::vector<int> >)");
    check("std::unique_ptr<A, std::default_delete<A> >::~unique_ptr()",
          "std::unique_ptr<A>::~unique_ptr()");
}

static void what_the_program_chose_stays(void **state)
{
    (void)state;
    check("Pool<int, std::allocator<int> >::get()", "Pool<int, std::allocator<int> >::get()");
    check("f(std::vector<int, mine::allocator<int> >)",
          "f(std::vector<int, mine::allocator<int> >)");
    check("f(std::map<int, A, mine::less, std::allocator<A> >)", "f(std::map<int, A, mine::less>)");
    check("f(std::map<int, A, std::less<int>, mine::allocator<A> >)",
          "f(std::map<int, A, std::less<int>, mine::allocator<A> >)");
    check("f(std::basic_string<char, mine::traits, std::allocator<char> >)",
          "f(std::basic_string<char, mine::traits>)");
    check("std::function<void (int, std::allocator<int>)>::operator()(int) const",
          "std::function<void (int, std::allocator<int>)>::operator()(int) const");
}

static void other_names_and_damaged_ones_stay(void **state)
{
    static const char *const names[] = {
        "",
        "main",
        "std::",
        "std::vector<int, std::allocator<int",
        "std::vector<int, std::allocator<int>",
        "a<b, std::less<",
        ">>>, std::less<int>",
        "std::basic_string<",
        "std::operator<(int, std::less<int>)",
        "<alloc::vec::Vec<T,A> as core::ops::drop::Drop>::drop",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        check(names[i], names[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_called_as_in_the_source),
        cmocka_unit_test(default_arguments_of_templates_go),
        cmocka_unit_test(what_the_program_chose_stays),
        cmocka_unit_test(other_names_and_damaged_ones_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
